// The few marks that our own guide and changelog use: headings, paragraphs, lists, **strong**, `code`. Anything else is text.
import { Code, List, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

export function Markdown({ text }: { text: string }) {
  const blocks = text.trim().split(/\n{2,}/);
  return (
    <Stack gap="sm">
      {blocks.map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the text does not change
        <Block key={index} text={block} />
      ))}
    </Stack>
  );
}

function Block({ text }: { text: string }) {
  const heading = /^(#{1,3}) (.+)$/.exec(text);
  if (heading) {
    const level = heading[1]!.length;
    // The dialog's own title is the first level.
    return (
      <Title order={level === 1 ? 3 : level === 2 ? 4 : 5} size={level === 1 ? "h3" : "h5"} mt={level === 1 ? 0 : "sm"}>
        {marked(heading[2]!)}
      </Title>
    );
  }
  const lines = text.split("\n");
  const item = /^(?:- |\d+\. )/;
  if (lines.every((line) => item.test(line))) {
    return (
      <List type={text.startsWith("- ") ? "unordered" : "ordered"} size="sm" spacing={4} pr="md">
        {lines.map((line) => (
          <List.Item key={line}>{marked(line.replace(item, ""))}</List.Item>
        ))}
      </List>
    );
  }
  return <Text size="sm">{marked(lines.join(" "))}</Text>;
}

function marked(text: string): ReactNode[] {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part, index) => {
    const key = `${index} ${part}`;
    if (part.startsWith("**")) return <strong key={key}>{part.slice(2, -2)}</strong>;
    if (part.startsWith("`")) return <Code key={key}>{part.slice(1, -1)}</Code>;
    return part;
  });
}
