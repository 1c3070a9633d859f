// Loaded before a utility process's own script: its parent where Electron puts it, and an end when the parent is gone.

const port = {
  postMessage: (message: object) => void (process.connected && process.send?.(message)),
  on: (event: "message", listener: (event: { data: unknown }) => void) =>
    process.on(event, (data) => listener({ data })),
};
Object.assign(process, { parentPort: port });
process.on("disconnect", () => process.exit(0));
