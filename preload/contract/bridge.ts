// What a page in the desktop window can ask of the system beyond the contract. Absent in a browser: test for `window.loupe`.
//
// Named functions only; nothing here carries patient data, and none of them gives a page Node or Electron.

export interface Bridge {
  /** The system's folder dialog; null when the user closed it. */
  pickFolder(): Promise<string | null>;
  /** The system's file dialog for one image or archive; null when the user closed it. */
  pickFile(): Promise<string | null>;
  /** Where a dropped file lies on this machine; empty when it has no path (for example dragged out of a web page). */
  pathOf(file: File): string;
}

declare global {
  interface Window {
    readonly loupe?: Bridge;
  }
}
