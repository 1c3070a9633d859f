#!/usr/bin/env node
// `loupe`: starts the command line on a Node that runs TypeScript. See ../launch.mjs.
import { launch } from "../launch.mjs";

await launch(new URL("./main.ts", import.meta.url));
