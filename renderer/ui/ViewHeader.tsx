// The head of a room: its one h1, a line about it, and its main actions on the right.
import { Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./ViewHeader.module.css";

export function ViewHeader({ title, text, children }: { title: string; text?: ReactNode; children?: ReactNode }) {
  return (
    <Group className={classes.root} justify="space-between" wrap="nowrap" gap="lg">
      <Stack gap={0} className={classes.words}>
        <Title order={1} size="h3">
          {title}
        </Title>
        {text && (
          <Text size="sm" c="dimmed" truncate>
            {text}
          </Text>
        )}
      </Stack>
      <Group gap="xs" wrap="nowrap">
        {children}
      </Group>
    </Group>
  );
}
