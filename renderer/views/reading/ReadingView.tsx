// The reading room: work lists, the form that makes one, who may read; one list; one case with its answers side by side.
import { ListChecks } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCurrentProject, useFacets, useMembers, useModels, useWorkLists } from "../../studio/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { ActiveSection } from "./ActiveSection.tsx";
import { CasePage } from "./CasePage.tsx";
import { MembersSection } from "./MembersSection.tsx";
import { NewListForm } from "./NewListForm.tsx";
import { WorkListCard } from "./WorkListCard.tsx";
import { WorkListPage } from "./WorkListPage.tsx";

export function ReadingView({ listId, position }: { listId: string | null; position: number | null }) {
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
  const me = useCurrentProject().data?.member;
  const present = members.data?.filter(({ removedAt }) => removedAt === null) ?? [];
  const error = lists.error ?? members.error ?? facets.error;
  const mayMake = me !== undefined && me.role !== "reader";
  return (
    <>
      <ViewHeader title={t("title")} text={t("intro")} />
      <ViewBody>
        {error && <Refused error={error} onRetry={() => void lists.refetch()} />}
        {!lists.data || !members.data || !facets.data || !me ? (
          !error && <Loading />
        ) : (
          <>
            {lists.data.length === 0 && (
              <EmptyState icon={ListChecks} title={t("empty.title")} text={t("empty.text")} />
            )}
            {lists.data.map((list) => (
              <WorkListCard key={list.id} list={list} mayManage={mayMake} />
            ))}
            {mayMake && facets.data.total > 0 && (
              <NewListForm
                members={present}
                total={facets.data.total}
                proposedName={t("new.proposed", { number: lists.data.length + 1 })}
              />
            )}
            {facets.data.total > 0 && models.data && (
              <ActiveSection
                members={present}
                models={models.data}
                unlabelled={facets.data.unlabelled}
                mayMake={mayMake}
              />
            )}
            <MembersSection members={present} mayAdd={me.role === "administrator"} />
          </>
        )}
      </ViewBody>
    </>
  );
}
