// Attributes of shapes between the project, where ids name them, and files outside, where names do. Pure.

import type { AttributeDefinition, AttributeValue, Shape } from "../../preload/contract/index.ts";
import { isWithin, sameName } from "./choices.ts";

type Values = Shape["attributes"];

/** With the names of today, in their order: ids are random, files are the same each time. What no definition names stays as it is. */
export function inWords(definitions: ReadonlyMap<string, AttributeDefinition>, values: Values): Values {
  const named = Object.entries(values).map(([id, value]): [string, AttributeValue] => {
    const definition = definitions.get(id);
    if (definition === undefined) return [id, value];
    const choice = definition.kind === "choice" && definition.options.find((option) => option.id === value);
    return [definition.name, choice ? choice.name : value];
  });
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** With the ids of a class's attributes, where a name and its value fit one; everything else stays as it is. */
export function fromWords(definitions: readonly AttributeDefinition[], values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const definition = definitions.find((one) => !one.archived && sameName(one.name, name));
      const known = definition && valueFrom(definition, value);
      return definition && known !== undefined ? [definition.id, known] : [name, value];
    }),
  );
}

/** undefined where it does not fit. */
function valueFrom(definition: AttributeDefinition, value: AttributeValue): AttributeValue | undefined {
  switch (definition.kind) {
    case "choice":
      return definition.options.find(({ name, archived }) => !archived && sameName(name, String(value)))?.id;
    case "number":
      return typeof value === "number" && isWithin(definition, value) ? value : undefined;
    case "text":
      return typeof value === "string" && value.trim() !== "" ? value : undefined;
    case "flag":
      return typeof value === "boolean" ? value : undefined;
  }
}
