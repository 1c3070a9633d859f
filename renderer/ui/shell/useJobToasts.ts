// Says when long work has ended, wherever the person is by then. Jobs that had ended before the page was opened are not news.
import { notifications } from "@mantine/notifications";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useJobs } from "../../studio/queries.ts";
import { useRefusalText } from "../Refused.tsx";

export function useJobToasts(): void {
  const { t } = useTranslation();
  const text = useRefusalText();
  const jobs = useJobs().data;
  const closeButtonProps = { "aria-label": t("close") };
  const running = useRef(new Set<string>());
  // biome-ignore lint/correctness/useExhaustiveDependencies: closeButtonProps is made of t
  useEffect(() => {
    for (const { id, kind, state, error } of jobs ?? []) {
      if (state === "running") running.current.add(id);
      else if (running.current.delete(id)) {
        const name = t(`jobs.kind.${kind}`);
        // What is found about the image in sight is shown beside it, and images come and go.
        if (state === "done" && kind !== "explain-check" && kind !== "explain-nearest" && kind !== "explain-file-check")
          notifications.show({ message: t("jobs.done", { name }), closeButtonProps });
        if (state === "failed" && error) {
          const { what, next } = text(Object.assign(new Error(error.message), { code: error.code }));
          const title = t("jobs.failed", { name });
          notifications.show({ color: "red", title, message: `${what} ${next}`, autoClose: 12_000, closeButtonProps });
        }
      }
    }
  }, [jobs, t, text]);
}
