import { expect, test } from "vitest";
import { previewExport } from "../../../main/labels/formats/export.ts";
import { listFormats } from "../../../main/labels/formats/index.ts";
import { dicomFixture } from "./dicom-images.ts";

test("answers to questions are in no format, and each is counted once, whatever images it is about", async () => {
  const { project, ct } = await dicomFixture();
  const question = project.questions.save({
    ...{ name: "Quality", level: "patient", kind: "text", options: [], required: false, help: "", archived: false },
  });
  project.labels.apply([{ do: "answer", imageId: ct[0]!, questionId: question.id, value: "good" }]);
  for (const { id } of listFormats()) {
    const { losses } = await previewExport(project, { format: id });
    expect(losses.filter(({ code }) => code === "answer-dropped")).toEqual([
      { code: "answer-dropped", kind: null, count: 1 },
    ]);
  }
});
