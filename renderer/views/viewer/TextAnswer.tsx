// A free answer with suggestions: the options of the question, and what was typed before in this project. Kept when the field is left.
import { Autocomplete } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { Question } from "../../../preload/contract/index.ts";
import { useTyped } from "../../studio/queries.ts";

export interface TextAnswerProps {
  question: Question;
  labelledBy: string;
  describedBy: string;
  value: string;
  disabled: boolean;
  onAnswer(value: string | null): void;
}

const LONGEST = 10_000;

export function TextAnswer({ question, labelledBy, describedBy, value, disabled, onAnswer }: TextAnswerProps) {
  const [draft, setDraft] = useState(value);
  const [focused, setFocused] = useState(false);
  const typed = useTyped(question.id, focused).data ?? [];
  useEffect(() => setDraft(value), [value]);
  const offered = question.options.filter(({ archived }) => !archived).map(({ name }) => name);
  const keep = (text: string) => {
    const said = text.trim();
    setDraft(said);
    if (said !== value) onAnswer(said === "" ? null : said);
  };
  // Leaving the image with the browser's keys leaves no field: what was typed is kept all the same.
  const last = useRef({ keep, draft, focused });
  last.current = { keep, draft, focused };
  useEffect(
    () => () => {
      if (last.current.focused) last.current.keep(last.current.draft);
    },
    [],
  );
  return (
    <Autocomplete
      size="xs"
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      maxLength={LONGEST}
      limit={20}
      data={[...new Set([...offered, ...typed])]}
      value={draft}
      disabled={disabled}
      onChange={setDraft}
      onOptionSubmit={keep}
      onFocus={() => setFocused(true)}
      onBlur={() => {
        setFocused(false);
        keep(draft);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.nativeEvent.isComposing) keep(event.currentTarget.value);
        if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}
