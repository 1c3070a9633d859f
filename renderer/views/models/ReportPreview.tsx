// The report as it will be read, and on paper through the browser's own print dialog. Its styles stay within it: the page lives in a shadow tree.
import { Button, Group } from "@mantine/core";
import { Printer } from "lucide-react";
import { useCallback, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Printed } from "../../ui/Printed.tsx";
import classes from "./ReportPreview.module.css";

/** What a page is made of; its styles speak of the tree's own root instead of the document's body. */
function partsOf(html: string): { body: string; style: string; sheet: string } {
  // Cut out as text: parsed as a document, its style element would count as one of this page's, which has none of its own.
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? "";
  const body = /<body>([\s\S]*)<\/body>/.exec(html)?.[1] ?? "";
  // Only a document says how its sheets of paper are.
  const sheet = /@page\{[^@]*(?:@[a-z-]+\{[^}]*\}\s*)*\}/.exec(style)?.[0] ?? "";
  return { body, style: style.replace(/(^|[\s{}])body\{/g, "$1:host{"), sheet };
}

export function ReportPreview({ html }: { html: string }) {
  const { t } = useTranslation("report");
  const { body, style, sheet } = useMemo(() => partsOf(html), [html]);
  const place = useCallback(
    (host: HTMLElement | null) => {
      if (host === null) return;
      const tree = host.shadowRoot ?? host.attachShadow({ mode: "open" });
      const styles = new CSSStyleSheet();
      styles.replaceSync(style);
      tree.adoptedStyleSheets = [styles];
      tree.innerHTML = body;
    },
    [body, style],
  );
  useEffect(() => {
    const paper = new CSSStyleSheet();
    paper.replaceSync(sheet);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, paper];
    return () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== paper);
    };
  }, [sheet]);
  return (
    <>
      <Group>
        <Button variant="default" leftSection={<Printer size={16} aria-hidden />} onClick={() => window.print()}>
          {t("panel.print")}
        </Button>
      </Group>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <section className={classes.preview} aria-label={t("panel.preview")} tabIndex={0} data-testid="report-preview">
        <div ref={place} />
      </section>
      <Printed>
        <div ref={place} />
      </Printed>
    </>
  );
}
