// Copies of the project: a part of it given away, a colleague's copy taken in, and what both said differently.
import { Stack } from "@mantine/core";
import { useMay } from "../../studio/queries.ts";
import { ConflictList } from "./ConflictList.tsx";
import { GivePart } from "./GivePart.tsx";
import { TakeCopy } from "./TakeCopy.tsx";

export function CopiesSection() {
  const mayGive = useMay("copies.give");
  const mayTake = useMay("copies.take");
  return (
    <Stack gap="md">
      {mayGive && <GivePart />}
      {mayTake && <TakeCopy />}
      <ConflictList />
    </Stack>
  );
}
