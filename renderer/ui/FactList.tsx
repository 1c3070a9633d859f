// Figures and facts with their names, as a real description list; `strong` ones are large and come first.
import { Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

export interface Fact {
  name: string;
  value: ReactNode;
  /** For example its interval, or what it means. */
  note?: string;
  strong?: boolean;
}

export function FactList({ facts }: { facts: readonly Fact[] }) {
  return (
    <Group component="dl" gap="xl" m={0} align="flex-start">
      {facts.map((fact) => (
        <Stack key={fact.name} gap={0}>
          <Text component="dt" size="xs" c="dimmed">
            {fact.name}
          </Text>
          <Text component="dd" m={0} size={fact.strong ? "xl" : "sm"} fw={fact.strong ? 600 : 500} ff="text">
            {fact.value}
          </Text>
          {fact.note ? (
            <Text component="dd" m={0} size="xs" c="dimmed">
              {fact.note}
            </Text>
          ) : null}
        </Stack>
      ))}
    </Group>
  );
}
