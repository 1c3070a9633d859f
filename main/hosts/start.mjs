// `npm start`, on whatever Node is there. See launch.mjs.
import { launch } from "./launch.mjs";

await launch(new URL("./start.ts", import.meta.url));
