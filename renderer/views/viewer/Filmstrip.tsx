// The images before and after, in the library's order.
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { navigate } from "../../state/route.ts";
import classes from "./Filmstrip.module.css";
import type { Place } from "./usePlace.ts";

/** Shown on either side. */
const AROUND = 12;

export function Filmstrip({ place, imageId }: { place: Place; imageId: string }) {
  const { t } = useTranslation("viewer");
  const current = useRef<HTMLButtonElement>(null);
  const { index, total, sequence } = place;
  // biome-ignore lint/correctness/useExhaustiveDependencies: centre the strip when the image changes
  useEffect(() => {
    current.current?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [imageId, index]);
  if (index === null || total === null) return <div className={classes.strip} />;
  const first = Math.max(0, index - AROUND);
  const images = Array.from({ length: Math.min(total, index + AROUND + 1) - first }, (_, step) =>
    sequence.at(first + step),
  );
  return (
    <nav className={classes.strip} aria-label={t("filmstrip")}>
      {images.map(
        (image) =>
          image && (
            <button
              key={image.id}
              ref={image.id === imageId ? current : undefined}
              type="button"
              className={classes.image}
              aria-current={image.id === imageId ? "true" : undefined}
              aria-label={image.name}
              onClick={() => navigate({ view: "viewer", imageId: image.id, frame: 0 }, { replace: true })}
            >
              <img src={`/thumbnails/${encodeURIComponent(image.id)}`} alt="" loading="lazy" draggable={false} />
            </button>
          ),
      )}
    </nav>
  );
}
