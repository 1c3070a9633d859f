// The reading room: work lists, the form that makes one, who may read; one list; one case with its answers side by side.
import { Button } from "@mantine/core";
import { ListChecks, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import { navigate } from "../../state/route.ts";
import { useFacets, useMay, useMembers, useModels, useWorkLists } from "../../studio/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { NotForRole, useRoleList } from "../../ui/NotForRole.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { ActiveSection } from "./ActiveSection.tsx";
import { CasePage } from "./CasePage.tsx";
import { NewListForm } from "./NewListForm.tsx";
import { WorkListCard } from "./WorkListCard.tsx";
import { WorkListPage } from "./WorkListPage.tsx";

export function ReadingView({ listId, position }: { listId: string | null; position: number | null }) {
  const maySeeCases = useMay("reading.cases");
  if (listId !== null && !maySeeCases) return <NotForRole deed="reading.cases" />;
  if (listId !== null && position !== null) return <CasePage key={position} listId={listId} position={position} />;
  if (listId !== null) return <WorkListPage listId={listId} />;
  return <AllLists />;
}

function AllLists() {
  const { t } = useTranslation("reading");
  const lists = useWorkLists();
  const members = useMembers();
  const facets = useFacets();
  const models = useModels();
  const makers = useRoleList("reading.create");
  const present = members.data?.filter(({ removedAt }) => removedAt === null) ?? [];
  const error = lists.error ?? members.error ?? facets.error;
  const mayMake = useMay("reading.create");
  const maySeeCurve = useMay("reading.activeCurve");
  const mayAddMembers = useMay("projects.addMember");
  return (
    <>
      <ViewHeader title={t("title")} text={t("intro")} />
      <ViewBody>
        {error && <Refused error={error} onRetry={() => void lists.refetch()} />}
        {!lists.data || (mayMake && !members.data) || !facets.data ? (
          !error && <Loading />
        ) : (
          <>
            {lists.data.length === 0 && (
              <EmptyState
                icon={ListChecks}
                title={t("empty.title")}
                text={t(mayMake ? "empty.text" : "empty.forReaders", { needed: makers })}
              />
            )}
            {lists.data.map((list) => (
              <WorkListCard key={list.id} list={list} mayManage={mayMake} />
            ))}
            {mayMake && members.data && facets.data.total > 0 && (
              <NewListForm
                members={present}
                total={facets.data.total}
                proposedName={t("new.proposed", { number: lists.data.length + 1 })}
              />
            )}
            {maySeeCurve && facets.data.total > 0 && models.data && (
              <ActiveSection
                members={present}
                models={models.data}
                unlabelled={facets.data.unlabelled}
                mayMake={mayMake}
              />
            )}
            {mayAddMembers && (
              <Button
                style={{ alignSelf: "flex-start" }}
                variant="default"
                leftSection={<Users aria-hidden size={16} />}
                onClick={() => navigate({ view: "project", section: "members" })}
              >
                {t("toMembers")}
              </Button>
            )}
          </>
        )}
      </ViewBody>
    </>
  );
}
