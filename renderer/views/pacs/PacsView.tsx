// Archives: the connections that the project keeps, a search in one of them, and our own node that others can send to.
import { Button, Text } from "@mantine/core";
import { ArrowLeft, Network, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { navigate } from "../../state/route.ts";
import { usePacsConnections } from "../../studio/pacs.ts";
import { useMay } from "../../studio/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { useRoleList } from "../../ui/NotForRole.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { ConnectionForm } from "./ConnectionForm.tsx";
import { ConnectionRow } from "./ConnectionRow.tsx";
import { NodeSection } from "./NodeSection.tsx";
import { SearchSection } from "./SearchSection.tsx";

const NEW = "new";

export function PacsView() {
  const { t } = useTranslation("pacs");
  const connections = usePacsConnections();
  const [edited, setEdited] = useState<string | null>(null);
  const [picked, setPicked] = useState<string | null>(null);
  const mayConnect = useMay("pacs.connections.save");
  const connectors = useRoleList("pacs.connections.save");
  const list = connections.data ?? [];
  const chosen = list.find(({ id }) => id === picked) ?? list[0];
  return (
    <>
      <ViewHeader title={t("title")} text={t("text")}>
        <Button
          variant="default"
          leftSection={<ArrowLeft aria-hidden size={16} />}
          onClick={() => navigate({ view: "library" })}
        >
          {t("library")}
        </Button>
        {mayConnect && (
          <Button leftSection={<Plus aria-hidden size={16} />} disabled={edited === NEW} onClick={() => setEdited(NEW)}>
            {t("connection.new")}
          </Button>
        )}
      </ViewHeader>
      <ViewBody>
        <Section title={t("connections")}>
          {connections.error && <Refused error={connections.error} onRetry={() => void connections.refetch()} />}
          {connections.isPending && <Loading />}
          {connections.isSuccess && list.length === 0 && edited !== NEW && (
            <EmptyState
              icon={Network}
              title={t("empty.title")}
              text={mayConnect ? t("empty.text") : t("empty.forOthers", { needed: connectors })}
            >
              {mayConnect && <Button onClick={() => setEdited(NEW)}>{t("empty.first")}</Button>}
            </EmptyState>
          )}
          {list.map((connection) =>
            edited === connection.id ? (
              <ConnectionForm key={connection.id} connection={connection} onDone={() => setEdited(null)} />
            ) : (
              <ConnectionRow key={connection.id} connection={connection} onEdit={() => setEdited(connection.id)} />
            ),
          )}
          {edited === NEW && (
            <ConnectionForm
              connection={null}
              onDone={(saved) => {
                setEdited(null);
                if (saved) setPicked(saved.id);
              }}
            />
          )}
          <Text size="xs" c="dimmed">
            {t("privacy")}
          </Text>
        </Section>
        {chosen && <SearchSection key={chosen.id} connections={list} chosen={chosen} onChoose={setPicked} />}
        <NodeSection />
      </ViewBody>
    </>
  );
}
