// A folder or file dropped anywhere on the desktop window: a project is offered for opening, anything else for import by its path, so that
// nothing travels through the page. What a field of the page takes for itself stays there. In a browser a drop does nothing outside fields.
import { useEffect } from "react";
import { offerStore } from "../state/offer.ts";
import { navigate } from "../state/route.ts";

/** `canImport`: a project is open. Mount once. */
export function useDrops(canImport: boolean): void {
  useEffect(() => {
    const over = (event: DragEvent) => event.preventDefault(); // or the file would replace the page
    const drop = (event: DragEvent) => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      const path = [...(event.dataTransfer?.files ?? [])].map((file) => window.loupe?.pathOf(file) ?? "").find(Boolean);
      if (path === undefined) return;
      if (path.endsWith(".loupe")) offerStore.setState({ project: path });
      else if (canImport) {
        navigate({ view: "library" });
        offerStore.setState({ images: path });
      }
    };
    window.addEventListener("dragover", over);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", over);
      window.removeEventListener("drop", drop);
    };
  }, [canImport]);
}
