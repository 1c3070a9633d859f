// The viewer: a stack of the library's sequence, its labels and explanation.
import { Button } from "@mantine/core";
import { ScanEye } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { SHARED_LAYER } from "../../../preload/contract/labels.ts";
import { libraryStore } from "../../state/library.ts";
import { navigate, type ReadPlace } from "../../state/route.ts";
import { useStack } from "../../studio/queries.ts";
import { useSequence } from "../../studio/sequence.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Reading } from "./Reading.tsx";
import { type OpenRead, useOpenRead } from "./useOpenRead.ts";

export interface ViewerViewProps {
  imageId: string | null;
  frame: number;
  /** a read of a work list; null: the library's sequence and the shared labels */
  read: ReadPlace | null;
}

export function ViewerView({ imageId, frame, read }: ViewerViewProps) {
  if (imageId === null) return <LastImage />;
  if (read) return <OneRead imageId={imageId} frame={frame} read={read} />;
  return <OneImage imageId={imageId} frame={frame} open={null} />;
}

function OneRead({ read, ...slice }: { imageId: string; frame: number; read: ReadPlace }) {
  const { open, error } = useOpenRead(read);
  if (error) return <Refused error={error} />;
  if (!open) return <Loading />;
  return <OneImage {...slice} open={open} />;
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

function OneImage({ imageId, frame, open }: { imageId: string; frame: number; open: OpenRead | null }) {
  const stack = useStack(imageId);
  // The last stack stays on screen while the next one's description is on its way: no flash between images.
  const [shown, setShown] = useState(stack.data);
  useEffect(() => {
    if (stack.data) setShown(stack.data);
  }, [stack.data]);
  useEffect(() => {
    if (!open) libraryStore.setState({ focused: imageId });
  }, [imageId, open]);
  if (stack.error && !stack.data) return <Refused error={stack.error} onRetry={() => void stack.refetch()} />;
  const present = stack.data ?? shown;
  if (!present) return <Loading />;
  const first = present.slices.findIndex((slice) => slice.imageId === imageId);
  const exact = present.slices.findIndex((slice) => slice.imageId === imageId && slice.frame === frame);
  const index = Math.max(0, exact >= 0 ? exact : first);
  return (
    <Reading stack={present} index={index} layer={open?.read.layer ?? SHARED_LAYER} open={open} leaving={first < 0} />
  );
}
