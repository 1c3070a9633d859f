// Searches: the table of all, the form for a new one, or one search.
import { useMay } from "../../studio/queries.ts";
import { NotForRole } from "../../ui/NotForRole.tsx";
import { NewSearchPage } from "./NewSearchPage.tsx";
import { SearchList } from "./SearchList.tsx";
import { SearchPage } from "./SearchPage.tsx";

/** The place of a search id that means: the form for a new one. */
const NEW_SEARCH = "new";

export function SearchView({ searchId }: { searchId: string | null }) {
  const mayStart = useMay("searches.start");
  if (searchId === null) return <SearchList />;
  if (searchId === NEW_SEARCH) return mayStart ? <NewSearchPage /> : <NotForRole deed="searches.start" />;
  return <SearchPage key={searchId} searchId={searchId} />;
}
