// Copies of the project: a part of it given away, a colleague's copy taken in, and what both said differently.
import { Stack } from "@mantine/core";
import { ConflictList } from "./ConflictList.tsx";
import { GivePart } from "./GivePart.tsx";
import { TakeCopy } from "./TakeCopy.tsx";

export function CopiesSection() {
  return (
    <Stack gap="md">
      <GivePart />
      <TakeCopy />
      <ConflictList />
    </Stack>
  );
}
