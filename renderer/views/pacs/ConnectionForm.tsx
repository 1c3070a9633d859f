// A connection's address and credentials. Secrets go in and never come back: "as before" keeps those that were entered for the same server.
import {
  Button,
  Group,
  NumberInput,
  Paper,
  PasswordInput,
  SegmentedControl,
  Select,
  Stack,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { NewPacsAuth, PacsConnection, PacsConnectionInput } from "../../../preload/contract/index.ts";
import { useCall } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { CredentialsWarning } from "./CredentialsWarning.tsx";

type AuthKind = NewPacsAuth["kind"];

export interface ConnectionFormProps {
  /** null: a new one */
  connection: PacsConnection | null;
  /** null: left as it was */
  onDone(saved: PacsConnection | null): void;
}

export function ConnectionForm({ connection, onDone }: ConnectionFormProps) {
  const { t } = useTranslation("pacs");
  const { t: shell } = useTranslation();
  const dimse = connection?.kind === "dimse" ? connection : null;
  const web = connection?.kind === "dicomweb" ? connection : null;
  const kept = web !== null && web.auth.kind !== "none";
  const [kind, setKind] = useState<PacsConnection["kind"]>(connection?.kind ?? "dimse");
  const [name, setName] = useState(connection?.name ?? "");
  const [host, setHost] = useState(dimse?.host ?? "");
  const [port, setPort] = useState<number | string>(dimse?.port ?? 104);
  const [aeTitle, setAeTitle] = useState(dimse?.aeTitle ?? "");
  const [callingAe, setCallingAe] = useState(dimse?.callingAe ?? "LOUPE");
  const [url, setUrl] = useState(web?.url ?? "https://");
  const [certificate, setCertificate] = useState(web?.certificate ?? "");
  const [authKind, setAuthKind] = useState<AuthKind>(kept ? "keep" : "none");
  const [user, setUser] = useState(web?.auth.kind === "password" ? web.auth.user : "");
  const [secret, setSecret] = useState("");
  const save = useCall((studio, input: PacsConnectionInput) => studio.pacs.connections.save(input));
  const common = { id: connection?.id, name };
  const complete =
    name.trim() !== "" &&
    (kind === "dimse" ? host.trim() !== "" && aeTitle.trim() !== "" && callingAe.trim() !== "" : url.trim() !== "");
  const submit = () => {
    const input: PacsConnectionInput =
      kind === "dimse"
        ? { ...common, kind, host, port: Number(port), aeTitle: aeTitle.trim(), callingAe: callingAe.trim() }
        : { ...common, kind, url: url.trim(), certificate, auth: authOf(authKind, user, secret) };
    save.mutate(input, { onSuccess: onDone });
  };
  return (
    <Paper withBorder p="md" role="group" aria-label={connection?.name ?? t("connection.new")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (complete) submit();
        }}
      >
        <Stack gap="md">
          <SegmentedControl
            aria-label={t("connection.kind")}
            value={kind}
            onChange={(value) => setKind(value === "dicomweb" ? "dicomweb" : "dimse")}
            data={(["dimse", "dicomweb"] as const).map((value) => ({ value, label: t(`kinds.${value}`) }))}
            w={280}
          />
          <TextInput
            label={t("connection.name")}
            placeholder={t("connection.nameExample")}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maw={420}
          />
          {kind === "dimse" ? (
            <>
              <Group align="flex-start">
                <TextInput
                  label={t("connection.host")}
                  autoComplete="off"
                  value={host}
                  onChange={(event) => setHost(event.currentTarget.value)}
                  w={300}
                />
                <NumberInput
                  label={t("connection.port")}
                  min={1}
                  max={65_535}
                  allowDecimal={false}
                  hideControls
                  value={port}
                  onChange={setPort}
                  w={104}
                />
              </Group>
              <Group align="flex-start">
                <TextInput
                  label={t("connection.ae")}
                  description={t("connection.aeHelp")}
                  autoComplete="off"
                  maxLength={16}
                  value={aeTitle}
                  onChange={(event) => setAeTitle(event.currentTarget.value)}
                  w={300}
                />
                <TextInput
                  label={t("connection.calling")}
                  description={t("connection.callingHelp")}
                  autoComplete="off"
                  maxLength={16}
                  value={callingAe}
                  onChange={(event) => setCallingAe(event.currentTarget.value)}
                  w={300}
                />
              </Group>
            </>
          ) : (
            <>
              <TextInput
                label={t("connection.url")}
                description={t("connection.urlHelp")}
                autoComplete="off"
                value={url}
                onChange={(event) => setUrl(event.currentTarget.value)}
                maw={620}
              />
              <Group align="flex-start">
                <Select
                  label={t("auth.label")}
                  allowDeselect={false}
                  data={(["none", "password", "token", ...(kept ? (["keep"] as const) : [])] as const).map((value) => ({
                    value,
                    label: t(`auth.${value}`),
                  }))}
                  value={authKind}
                  onChange={(value) => setAuthKind((value as AuthKind | null) ?? "none")}
                  w={220}
                />
                {authKind === "password" && (
                  <TextInput
                    label={t("auth.user")}
                    autoComplete="off"
                    value={user}
                    onChange={(event) => setUser(event.currentTarget.value)}
                    w={190}
                  />
                )}
                {(authKind === "password" || authKind === "token") && (
                  <PasswordInput
                    label={t(authKind === "token" ? "auth.theToken" : "auth.thePassword")}
                    autoComplete="new-password"
                    visibilityToggleButtonProps={{ "aria-label": shell("showPassword") }}
                    value={secret}
                    onChange={(event) => setSecret(event.currentTarget.value)}
                    w={260}
                  />
                )}
              </Group>
              <CredentialsWarning url={url} credentials={authKind !== "none"} />
              {/^https:/i.test(url) && (
                <Textarea
                  label={t("connection.certificate")}
                  description={t("connection.certificateHelp")}
                  placeholder="-----BEGIN CERTIFICATE-----"
                  autosize
                  maxRows={5}
                  value={certificate}
                  onChange={(event) => setCertificate(event.currentTarget.value)}
                  maw={620}
                />
              )}
            </>
          )}
          {save.error && <Refused error={save.error} />}
          <Group>
            <Button type="submit" disabled={!complete} loading={save.isPending}>
              {t("connection.save")}
            </Button>
            <Button variant="default" onClick={() => onDone(null)}>
              {shell("cancel")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}

function authOf(kind: AuthKind, user: string, secret: string): NewPacsAuth {
  switch (kind) {
    case "password":
      return { kind, user, password: secret };
    case "token":
      return { kind, token: secret };
    case "none":
    case "keep":
      return { kind };
  }
}
