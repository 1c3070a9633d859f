// A lens under the pointer, or where the keyboard's pointer is: the drawn picture, larger. Labels are not in it, so that it shows
// what lies under them.
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import { useFormat } from "../../i18n/useFormat.ts";
import { viewerStore } from "../../state/viewer.ts";
import { type CssPx, cssPx, toCss } from "../../viewer/coordinates.ts";
import type { Picture, PictureView } from "../../viewer/cornerstone.ts";
import type { Pointer, PointerSnapshot } from "../../viewer/Pointer.ts";
import classes from "./Magnifier.module.css";

/** Across, in CSS pixels. */
const LENS = 180;
const NO_POINTER = createStore<PointerSnapshot>(() => ({ cursor: null, held: false }));

export interface MagnifierProps {
  element: RefObject<HTMLDivElement | null>;
  picture: Picture | null;
  view: PictureView;
  /** the pointer that keys move, where there is one */
  pointer?: Pointer;
}

export function Magnifier(props: MagnifierProps) {
  const times = useStore(viewerStore, (state) => state.magnifier);
  return times === null ? null : <Lens {...props} times={times} />;
}

function Lens({ element, picture, view, pointer, times }: MagnifierProps & { times: number }) {
  const { t } = useTranslation("viewer");
  const format = useFormat();
  const { cursor } = useStore(pointer?.store ?? NO_POINTER);
  const [mouse, setMouse] = useState<CssPx | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const over = element.current;
    if (!over) return;
    const move = (event: PointerEvent) => {
      const bounds = over.getBoundingClientRect();
      setMouse(cssPx(event.clientX - bounds.left, event.clientY - bounds.top));
    };
    const leave = () => setMouse(null);
    over.addEventListener("pointermove", move);
    over.addEventListener("pointerleave", leave);
    return () => {
      over.removeEventListener("pointermove", move);
      over.removeEventListener("pointerleave", leave);
    };
  }, [element]);
  const at = cursor ? toCss(view.transform, cursor) : mouse;
  // Another view is another drawing.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the picture's canvas changes with the view
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !picture || !at) return;
    const from = picture.canvas;
    const [ratioX, ratioY] = [from.width / from.clientWidth, from.height / from.clientHeight];
    const part = LENS / times;
    const { width, height } = context.canvas;
    context.fillRect(0, 0, width, height);
    context.drawImage(
      from,
      (at.x - part / 2) * ratioX,
      (at.y - part / 2) * ratioY,
      part * ratioX,
      part * ratioY,
      0,
      0,
      width,
      height,
    );
  }, [picture, view, at?.x, at?.y, times]);
  if (!at) return null;
  const pixels = Math.round(LENS * (window.devicePixelRatio || 1));
  return (
    <div
      className={classes.lens}
      role="img"
      aria-label={t("magnifier", { times: format.number(times) })}
      data-testid="lens"
      style={{ width: LENS, height: LENS, transform: `translate(${at.x - LENS / 2}px, ${at.y - LENS / 2}px)` }}
    >
      <canvas ref={canvas} width={pixels} height={pixels} aria-hidden />
      <span aria-hidden>{t("times", { times: format.number(times) })}</span>
    </div>
  );
}
