// The main job, clicked from an empty machine to an exported container image: create, take the sample, label, freeze, train, look, explain,
// compress, export. The shortest way through; test/e2e/journey.test.ts looks at everything on its way.

import type { Page } from "playwright-core";

const MINUTES = 60_000;
export const PASSPHRASE = "quiet harbour lantern";

/** `home`: where files for other tools are saved. The page has a default timeout that suits the machine. */
export async function mainJob(page: Page, home: string): Promise<void> {
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
  const room = (name: string) =>
    page.getByRole("navigation", { name: "Rooms" }).getByRole("link", { name, exact: true }).click();

  await button(/New project/).click();
  await page.getByLabel("Project name").fill("Chest");
  await page.getByLabel("Your name").fill("Reader One");
  await page.getByLabel("Passphrase", { exact: false }).first().fill(PASSPHRASE);
  await page.getByLabel("Passphrase again").fill(PASSPHRASE);
  await button("Create project").click();
  await page.getByLabel("I have stored the recovery key").check();
  await button("Continue to the studio").click();

  await button(/Take the sample/).click();
  await page
    .getByText("240 images")
    .first()
    .waitFor({ timeout: 6 * MINUTES });

  await page.getByRole("option").nth(1).waitFor();
  await page.getByRole("listbox", { name: "Images" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=picture][data-ready]").waitFor();
  await page.keyboard.press("2");
  await page.getByRole("button", { name: /^lesion/, pressed: true }).waitFor();
  await page.keyboard.press("b");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Box 1, / }).waitFor();
  await page.getByText("Saved").first().waitFor();

  await room("Data");
  await page.getByLabel("Name").fill("First");
  await button("Freeze").click();
  await page.getByText("Just frozen").waitFor();
  await button(/^Train on/).click();
  await page.getByRole("radio", { name: /Small convolutional net/ }).click();
  await page.getByLabel("Epochs", { exact: true }).fill("3");
  await button("Train").click();
  await button("Open model").waitFor({ timeout: 8 * MINUTES });
  await button("Open model").click();
  await page
    .getByText(/AUC 0\.\d+ \(95% interval/)
    .first()
    .waitFor();

  await room("Library");
  await page.getByRole("option").nth(1).waitFor();
  await page.getByRole("listbox", { name: "Images" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=picture][data-ready]").waitFor();
  await button("Explain").click();
  await page.getByRole("combobox", { name: "Model" }).click();
  await page
    .getByRole("option", { name: /convnet/ })
    .first()
    .click();
  await page.getByText(/The map shows what speaks for/).waitFor();

  await room("Models");
  await page
    .getByRole("link", { name: /convnet/i })
    .first()
    .click();
  await page.getByRole("tab", { name: "Compress" }).click();
  await button("Compress").click();
  await page
    .getByText(/^(Accepted|Refused): /)
    .first()
    .waitFor({ timeout: 4 * MINUTES });

  await page.getByRole("tab", { name: "Export" }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("thorax");
  await button("Export").click();
  await page
    .getByText(/^Exported: /)
    .first()
    .waitFor({ timeout: 6 * MINUTES });
  const section = page.getByRole("region", { name: "Save as a file for other tools" });
  await section.getByLabel("File name").fill("thorax");
  await section.getByRole("textbox", { name: "Folder" }).fill(home);
  await section.getByRole("button", { name: "Save the file" }).click();
  await section.getByText(/^Saved, /).waitFor();
}
