// An archive in a real browser: a connection is entered and tried, studies are searched and opened, a series and a study are fetched, and our
// own node is switched on and sent to. The archive is a node of our own on the loopback.
//
// One story in order; each step starts where the one before it ended.
import type { Page } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { send } from "../../main/network/send.ts";
import { freePort } from "../network/archives.ts";
import { type SmallPacs, startSmallPacs } from "../network/small-pacs.ts";
import { ctSeries } from "../support/ct-series.ts";
import { lookAt, photograph } from "./look.ts";
import { beginStory, createByHand, describeStory, MINUTES } from "./story.ts";

const ADA = "quiet harbour lantern";

describeStory("archive", (browser) => {
  let pacs: SmallPacs;
  let page: Page;
  const problems = beginStory(
    browser,
    {
      height: 1000,
      arrange: async () => {
        const phantoms = [0, 1, 3, 6].map((index) => drawPhantom({ index, seed: 11 }).bytes);
        const ct = ctSeries({ slices: 5, side: 96, patient: "CT-1", uid: "2.25.77" }).map(({ bytes }) => bytes);
        pacs = await startSmallPacs([...phantoms, ...ct], { pauseMs: 150 });
      },
    },
    (begun) => {
      ({ page } = begun);
    },
  );
  afterAll(async () => {
    await pacs?.close();
  });

  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
  const choose = async (field: string, option: string) => {
    await page.getByRole("combobox", { name: field }).click();
    await page.getByRole("option", { name: option, exact: true }).click();
  };
  const box = (name: RegExp) => page.getByRole("table").getByRole("checkbox", { name });

  test(
    "says what a connection is for before there is one, and warns about credentials without TLS",
    async () => {
      await createByHand(page, "Archive", "Ada", ADA);
      await button("From a PACS").click();
      await page.getByRole("heading", { name: "No archive yet" }).waitFor();
      expect(page.url()).toContain("#/pacs");
      await lookAt(page, "pacs-empty");
      await button("Add the first connection").click();
      await page.getByText("DICOMweb", { exact: true }).click();
      await page.getByRole("textbox", { name: "Web address" }).fill("http://archive.example/dicom-web");
      await choose("Signing in", "User and password");
      await page.getByText("travel unencrypted, and anybody on the way can read them").waitFor();
      await lookAt(page, "pacs-form");
      await page.getByText("DICOM", { exact: true }).click();
    },
    10 * MINUTES,
  );

  test(
    "tries the connection and says what came of it",
    async () => {
      const form = page.getByRole("group", { name: "New connection" });
      const fill = (label: string, value: string) =>
        form.getByRole("textbox", { name: label, exact: true }).fill(value);
      await fill("Name", "Radiology");
      await fill("Host name or address", pacs.host);
      await fill("Port", String(pacs.port));
      await fill("AE title", "OTHER");
      await button("Save connection").click();
      await button("Try: Radiology").click();
      await page.getByText("The archive refused the connection.").waitFor();
      await button("Edit: Radiology").click();
      await page
        .getByRole("group", { name: "Radiology" })
        .getByRole("textbox", { name: "AE title", exact: true })
        .fill("ARCHIVE");
      await button("Save connection").click();
      await button("Try: Radiology").click();
      await page.getByText(/It answers and lets us in/).waitFor();
    },
    10 * MINUTES,
  );

  test(
    "finds studies, opens their series, and chooses by mouse and keys",
    async () => {
      await button("Search").click();
      await page.getByText("The archive has nothing that fits").waitFor();
      await choose("Study date", "Any date");
      await button("Search").click();
      await page.getByText("4 studies").waitFor();
      await page.getByRole("cell", { name: "CT-1", exact: true }).first().click();
      expect(await page.getByRole("checkbox", { name: /^Study/, checked: true }).count()).toBe(1);
      await page.getByText("1 chosen, 5 objects").waitFor();
      // By keys alone: to the first study, open it, down to its series, choose.
      const first = box(/^Study/).first();
      await first.focus();
      await page.keyboard.press("ArrowRight");
      await box(/^Series/)
        .first()
        .waitFor();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Space");
      await page.getByText("2 chosen, 7 objects").waitFor();
      await lookAt(page, "pacs-search");
    },
    10 * MINUTES,
  );

  test(
    "fetches what was chosen into the library",
    async () => {
      await button("Fetch").click();
      await page.getByRole("progressbar", { name: "Fetching from the archive" }).first().waitFor();
      await photograph(page, "pacs-fetching");
      await page.getByText("7 objects came: 7 images added, 0 were there already.").waitFor({ timeout: MINUTES });
      await lookAt(page, "pacs-fetched");
      await button("Show in the library").click();
      await page.getByText("7 images").first().waitFor();
      await expect
        .poll(() => page.getByRole("listbox", { name: "Images" }).getByRole("option").count(), { timeout: 20_000 })
        .toBe(7);
      expect(await page.getByText("CT-1").count()).toBe(0);
      await lookAt(page, "pacs-library");
    },
    10 * MINUTES,
  );

  test(
    "receives when it is switched on, says what to tell the administrator, and stops",
    async () => {
      await button("From a PACS").click();
      const receive = page.getByRole("region", { name: "Receive" });
      const port = await freePort();
      await receive.getByRole("textbox", { name: "Port" }).fill(String(port));
      await receive.getByRole("radio", { name: "Programs of this machine only" }).check();
      await receive.getByRole("switch", { name: "Receive images" }).click();
      await receive.getByText("Listening; 0 objects came so far.").waitFor({ timeout: MINUTES });
      await receive.getByText("Tell the archive's administrator:").waitFor();
      const fresh = [20, 23].map((index) => drawPhantom({ index, seed: 12 }).bytes);
      const us = { host: "127.0.0.1", port, aeTitle: "LOUPE", callingAe: "ARCHIVE" };
      expect(await send(us, fresh)).toMatchObject({ sent: 2 });
      await receive.getByText("Listening; 2 objects came so far.").waitFor();
      await receive.getByText("Listening").first().scrollIntoViewIfNeeded();
      await lookAt(page, "pacs-receive");
      await receive.getByRole("switch", { name: "Receive images" }).click();
      await receive.getByText("2 objects came: 2 images added").waitFor({ timeout: MINUTES });
      await expect(send(us, fresh)).rejects.toMatchObject({ code: "network/unreachable" });
      expect(problems).toEqual([]);
    },
    10 * MINUTES,
  );
});
