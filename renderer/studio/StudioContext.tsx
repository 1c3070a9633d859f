// Hands the contract client to hooks, so that any screen also renders over another client (tests).
import { createContext, type ReactNode, useContext } from "react";
import type { Studio } from "../../preload/contract/index.ts";

const StudioContext = createContext<Studio | null>(null);

export function StudioProvider({ studio, children }: { studio: Studio; children: ReactNode }) {
  return <StudioContext.Provider value={studio}>{children}</StudioContext.Provider>;
}

export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  if (!studio) throw new Error("A view was rendered outside StudioProvider.");
  return studio;
}
