// Says what is being computed while a call takes seconds.
import { Group, Loader, Text } from "@mantine/core";

export function Waiting({ text }: { text: string }) {
  return (
    <Group gap="sm" role="status">
      <Loader size="sm" aria-hidden />
      <Text size="sm">{text}</Text>
    </Group>
  );
}
