// The viewer: one image of the library's sequence, its labels, boxes, masks and explanation.
import { Button } from "@mantine/core";
import { ScanEye } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { libraryStore } from "../../state/library.ts";
import { navigate } from "../../state/route.ts";
import { useImage } from "../../studio/queries.ts";
import { useSequence } from "../../studio/sequence.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Reading } from "./Reading.tsx";

export function ViewerView({ imageId, frame }: { imageId: string | null; frame: number }) {
  if (imageId === null) return <LastImage />;
  return <OneImage imageId={imageId} frame={frame} />;
}

/** The viewer was opened without an image: the one in hand, or the first of the library. */
function LastImage() {
  const { t } = useTranslation("viewer");
  const focused = useStore(libraryStore, (state) => state.focused);
  const sequence = useSequence(0, 0);
  const wanted = focused ?? sequence.at(0)?.id ?? null;
  useEffect(() => {
    if (wanted) navigate({ view: "viewer", imageId: wanted, frame: 0 }, { replace: true });
  }, [wanted]);
  if (sequence.error) return <Refused error={sequence.error} onRetry={sequence.retry} />;
  if (wanted || sequence.total === null) return <Loading />;
  return (
    <EmptyState icon={ScanEye} title={t("none.title")} text={t("none.text")}>
      <Button onClick={() => navigate({ view: "library" })}>{t("none.toLibrary")}</Button>
    </EmptyState>
  );
}

function OneImage({ imageId, frame }: { imageId: string; frame: number }) {
  const image = useImage(imageId);
  // The last image stays on screen while the next one's description is on its way: no flash between images.
  const [shown, setShown] = useState(image.data);
  useEffect(() => {
    if (image.data) setShown(image.data);
  }, [image.data]);
  useEffect(() => libraryStore.setState({ focused: imageId }), [imageId]);
  if (image.error && !image.data) return <Refused error={image.error} onRetry={() => void image.refetch()} />;
  const detail = image.data ?? shown;
  if (!detail) return <Loading />;
  const arrived = detail.id === imageId;
  return <Reading image={detail} frame={arrived ? Math.min(frame, detail.frames - 1) : 0} leaving={!arrived} />;
}
