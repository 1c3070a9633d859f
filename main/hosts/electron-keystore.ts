// The system's key store, through Electron's safeStorage: Keychain on macOS, DPAPI on Windows, the Secret Service or KWallet on Linux.
// None where the system cannot encrypt, and none on a Linux without such a service: Electron would then use a password that is the same
// for everybody ("basic_text"), which protects nothing.

import { safeStorage } from "electron";
import { AppError } from "../../preload/contract/index.ts";
import type { KeyStore } from "../api/host.ts";

/** Asked again at each use: before Electron is ready it knows nothing. */
function canEncrypt(): boolean {
  if (!safeStorage.isEncryptionAvailable()) return false;
  return process.platform !== "linux" || !["basic_text", "unknown"].includes(safeStorage.getSelectedStorageBackend());
}

const unsupported = () =>
  new AppError(
    "app/unsupported-platform",
    "This system has no key store that Loupe can use: type the passphrase instead.",
  );

/** null where the system cannot encrypt. Ask when Electron is ready. */
export function systemKeyStore(): KeyStore | null {
  if (!canEncrypt()) return null;
  return {
    async protect(bytes) {
      if (!canEncrypt()) throw unsupported();
      return new Uint8Array(safeStorage.encryptString(Buffer.from(bytes).toString("base64")));
    },
    async reveal(bytes) {
      if (!canEncrypt()) throw unsupported();
      let text: string;
      try {
        text = safeStorage.decryptString(Buffer.from(bytes));
      } catch (cause) {
        throw new AppError(
          "project/not-remembered",
          "What was kept for this project does not open with this account's key store: type the passphrase instead.",
          { cause },
        );
      }
      return new Uint8Array(Buffer.from(text, "base64"));
    },
  };
}
