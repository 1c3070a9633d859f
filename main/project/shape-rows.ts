// Rows of drawn shapes: as the contract shows them, and as the log keeps their state.

import { AppError } from "../../preload/contract/errors.ts";
import type { Geometry, Shape } from "../../preload/contract/index.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { ProjectDatabase } from "./database.ts";
import type { Change, ShapeState } from "./label-changes.ts";

type ShapeChange = Extract<Change, { kind: "shape" }>;
type AsText<Row extends Pick<Shape, "geometry" | "attributes">> = Omit<Row, "geometry" | "attributes"> & {
  readonly geometry: string;
  readonly attributes: string;
};

const COLUMNS = `shapes.id, images.id AS imageId, shapes.frame, shapes.class AS classId, geometry, attributes, track, source,
  members.name AS reader FROM shapes JOIN images ON images.number = shapes.image JOIN members ON members.id = shapes.reader`;
const STATE =
  "SELECT id, image, layer, frame, class AS classId, geometry, attributes, track, source, reader, drawn FROM shapes";

function parsed<Row extends Pick<Shape, "geometry" | "attributes">>({
  geometry,
  attributes,
  ...row
}: AsText<Row>): Row {
  return {
    ...row,
    geometry: JSON.parse(geometry) as Geometry,
    attributes: JSON.parse(attributes) as Shape["attributes"],
  } as unknown as Row;
}

/** Of images (by number) in a layer, in the order in which they were drawn. */
export function shapesOf(database: ProjectDatabase, images: readonly number[], layer: string): Shape[] {
  return database
    .all<AsText<Shape>>(
      `SELECT ${COLUMNS} WHERE shapes.image IN (SELECT value FROM json_each(?)) AND layer = ? ORDER BY drawn, shapes.number`,
      JSON.stringify(images),
      layer,
    )
    .map((row) => parsed<Shape>(row));
}

export function shapeOf(database: ProjectDatabase, id: string): Shape | undefined {
  const row = database.one<AsText<Shape>>(`SELECT ${COLUMNS} WHERE shapes.id = ?`, id);
  return row && parsed<Shape>(row);
}

type StateRow = ShapeState & { readonly image: number; readonly layer: string };

/** Null where there is none; throws app/not-found where the id is a shape of another image or layer. */
export function shapeState(database: ProjectDatabase, id: string, image: number, layer: string): ShapeState | null {
  const row = database.one<AsText<StateRow>>(`${STATE} WHERE id = ?`, id);
  if (row === undefined) return null;
  if (row.image !== image || row.layer !== layer) {
    throw new AppError("app/not-found", "This shape belongs to another image or to another reader.");
  }
  const { image: _image, layer: _layer, ...state } = parsed<StateRow>(row);
  return state;
}

/** Changes of all shapes, in every layer, that have an attribute: `value` says what it becomes, undefined keeps it. */
export function attributeChanges(
  database: ProjectDatabase,
  attribute: string,
  value: (before: Shape["attributes"][string]) => Shape["attributes"][string] | undefined,
): ShapeChange[] {
  return database
    .all<AsText<StateRow>>(`${STATE} WHERE attributes -> ? IS NOT NULL ORDER BY number`, pathOf(attribute))
    .flatMap((row): ShapeChange[] => {
      const { image, layer, ...before } = parsed<StateRow>(row);
      const next = value(before.attributes[attribute]!);
      if (next === undefined) return [];
      const after = { ...before, attributes: { ...before.attributes, [attribute]: next } };
      return [{ kind: "shape", image, layer, id: before.id, before, after }];
    });
}

/** The values that shapes have of an attribute, in every layer, each with how often. */
export function attributeValues(
  database: ProjectDatabase,
  attribute: string,
): { value: Shape["attributes"][string]; count: number }[] {
  return database
    .all<{ value: string; count: number }>(
      "SELECT attributes -> ? AS value, count(*) AS count FROM shapes WHERE attributes -> ? IS NOT NULL GROUP BY 1",
      pathOf(attribute),
      pathOf(attribute),
    )
    .map(({ value, count }) => ({ value: JSON.parse(value), count }));
}

export function writeShape(database: ProjectDatabase, { image, layer, id, after }: ShapeChange): void {
  database.run("DELETE FROM shapes WHERE id = ?", id);
  if (after === null) return;
  database.run(
    `INSERT INTO shapes (id, layer, image, frame, class, geometry, attributes, track, source, reader, drawn)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    layer,
    image,
    after.frame,
    after.classId,
    canonicalJson(after.geometry),
    canonicalJson(after.attributes),
    after.track,
    after.source,
    after.reader,
    after.drawn,
  );
}

/** Ids are ours: no quotes in them. */
const pathOf = (attribute: string) => `$."${attribute}"`;
