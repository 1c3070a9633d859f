// One frame with rectangles over it; dragging draws another one.
//
// The frame is shown from its darkest to its brightest value, not through its window: text that a window hides is still text.
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type ImageDetail, PIXELS_PATH, type TextRegion } from "../../../preload/contract/index.ts";
import { Refused } from "../../ui/Refused.tsx";
import { displayFrame } from "../../viewer/pixels.ts";
import classes from "./TextReview.module.css";

interface TextPictureProps {
  image: ImageDetail;
  frame: number;
  regions: readonly TextRegion[];
  onAdd(region: TextRegion): void;
}

type Point = readonly [x: number, y: number];

/** Smaller drags are clicks. */
const LEAST = 2;

export function TextPicture({ image, frame, regions, onAdd }: TextPictureProps) {
  const { t } = useTranslation("library");
  const canvas = useRef<HTMLCanvasElement>(null);
  const [error, setError] = useState<unknown>(null);
  const [drag, setDrag] = useState<{ from: Point; to: Point } | null>(null);
  const { id, pixels } = image;
  useEffect(() => {
    const stop = new AbortController();
    setError(null);
    canvas.current?.getContext("2d")?.clearRect(0, 0, pixels.columns, pixels.rows);
    draw(canvas.current, id, frame, pixels, stop.signal).catch((problem: unknown) => {
      if (!stop.signal.aborted) setError(problem);
    });
    return () => stop.abort();
  }, [id, frame, pixels]);

  const at = (event: React.PointerEvent<SVGSVGElement>): Point => {
    const box = event.currentTarget.getBoundingClientRect();
    const inside = (value: number, most: number) => Math.min(most, Math.max(0, Math.round(value)));
    return [
      inside(((event.clientX - box.left) / box.width) * pixels.columns, pixels.columns),
      inside(((event.clientY - box.top) / box.height) * pixels.rows, pixels.rows),
    ];
  };
  // As wide as the dialog, or as high as leaves room for what stands below.
  const ratio = pixels.columns / pixels.rows;
  const here = regions.filter((region) => region.frame === null || region.frame === frame);
  return (
    <>
      <div className={classes.picture} style={{ aspectRatio: ratio, width: `min(100%, ${50 * ratio}vh)` }}>
        <canvas ref={canvas} width={pixels.columns} height={pixels.rows} className={classes.layer} />
        <svg
          className={classes.layer}
          viewBox={`0 0 ${pixels.columns} ${pixels.rows}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={t("text.picture", { count: here.length })}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            setDrag({ from: at(event), to: at(event) });
          }}
          onPointerMove={(event) => drag && setDrag({ ...drag, to: at(event) })}
          onPointerUp={() => {
            const drawn = drag && between(drag.from, drag.to);
            setDrag(null);
            if (drawn && drawn.width >= LEAST && drawn.height >= LEAST) onAdd(drawn);
          }}
          onPointerCancel={() => setDrag(null)}
        >
          {[...here, ...(drag ? [between(drag.from, drag.to)] : [])].map((region) => (
            <rect
              key={`${region.frame} ${region.x} ${region.y} ${region.width} ${region.height}`}
              className={classes.region}
              x={region.x}
              y={region.y}
              width={region.width}
              height={region.height}
            />
          ))}
        </svg>
      </div>
      {error !== null && <Refused error={error} />}
    </>
  );
}

/** Of every frame: text stands still over a film more often than not. */
function between([ax, ay]: Point, [bx, by]: Point): TextRegion {
  return { frame: null, x: Math.min(ax, bx), y: Math.min(ay, by), width: Math.abs(ax - bx), height: Math.abs(ay - by) };
}

async function draw(
  canvas: HTMLCanvasElement | null,
  id: string,
  frame: number,
  pixels: ImageDetail["pixels"],
  signal: AbortSignal,
): Promise<void> {
  const answer = await fetch(`${PIXELS_PATH}${encodeURIComponent(id)}/${frame}`, { signal });
  if (!answer.ok) throw new Error(`The studio answered ${answer.status}.`);
  const { values, color, min, max } = displayFrame(await answer.arrayBuffer(), pixels);
  const picture = new ImageData(pixels.columns, pixels.rows);
  const scale = 255 / Math.max(1, max - min);
  for (let i = 0; i < pixels.rows * pixels.columns; i++) {
    for (let s = 0; s < 3; s++) {
      const grey = color ? values[3 * i + s]! : (values[i]! - min) * scale;
      picture.data[4 * i + s] = pixels.inverted && !color ? 255 - grey : grey;
    }
    picture.data[4 * i + 3] = 255;
  }
  if (!signal.aborted) canvas?.getContext("2d")?.putImageData(picture, 0, 0);
}
