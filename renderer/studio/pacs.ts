// Questions about archives, as hooks. Only what the project keeps is asked by itself; the network is reached by calls alone.
import { useQuery } from "@tanstack/react-query";
import { useStudio } from "./StudioContext.tsx";

export const usePacsConnections = () => {
  const studio = useStudio();
  return useQuery({ queryKey: ["pacs", "connections"], queryFn: () => studio.pacs.connections.list() });
};

export const usePacsNode = () => {
  const studio = useStudio();
  return useQuery({ queryKey: ["pacs", "node"], queryFn: () => studio.pacs.node.status() });
};
