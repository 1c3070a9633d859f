// A refusal that was kept with a job or a run, as the error it was.
import { AppError, isErrorCode } from "../../preload/contract/errors.ts";

export function storedRefusal(stored: { code: string; message: string }): AppError {
  return new AppError(isErrorCode(stored.code) ? stored.code : "app/internal", stored.message);
}
