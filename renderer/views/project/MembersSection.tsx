// The people of the project: who may open it and in which role, the form that lets somebody in, and one's own passphrase.
import {
  Badge,
  Button,
  Group,
  Modal,
  PasswordInput,
  Progress,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
} from "@mantine/core";
import { UserPlus } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Inputs, Role } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { recoveryStore } from "../../state/recovery.ts";
import { useCall, useCurrentProject, useMay, useMembers, useRekeying } from "../../studio/queries.ts";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { useToast } from "../../ui/useToast.ts";
import { isAcceptable, NewPassphrase } from "../welcome/NewPassphrase.tsx";
import { ThisMachine } from "./ThisMachine.tsx";

const ROLES: readonly Role[] = ["reader", "adjudicator", "analyst", "administrator"];
const NO_PAIR = { passphrase: "", again: "" };

export function MembersSection() {
  const maySee = useMay("projects.members");
  const mayAdd = useMay("projects.addMember");
  return (
    <Stack gap="lg">
      {maySee && <MemberList />}
      {mayAdd && <AddMember />}
      <OwnPassphrase />
      <ThisMachine />
    </Stack>
  );
}

function MemberList() {
  const { t } = useTranslation("members");
  const { t: shell } = useTranslation();
  const members = useMembers();
  const me = useCurrentProject().data?.member.id;
  const format = useFormat();
  const toast = useToast();
  const mayChange = useMay("projects.setRole");
  const mayRemove = useMay("projects.removeMember");
  const mayRenew = useMay("projects.renewRecoveryKey");
  const change = useCall((studio, input: Inputs["projects"]["setRole"]) => studio.projects.setRole(input));
  const [leaving, setLeaving] = useState<Leaving | null>(null);
  return (
    <Section title={t("title")}>
      <Text size="sm" c="dimmed">
        {t("text")}
      </Text>
      {members.error && <Refused error={members.error} onRetry={() => void members.refetch()} />}
      {members.isPending && <Loading />}
      {members.data && (
        <Table fz="sm" aria-label={t("title")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t("name")}</Table.Th>
              <Table.Th scope="col">{t("role")}</Table.Th>
              <Table.Th scope="col">{t("lastSeen")}</Table.Th>
              <Table.Th scope="col" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {members.data.map(({ id, name, role, removedAt, lastSeenAt }) => (
              <Table.Tr key={id}>
                <Table.Th scope="row" fw={500}>
                  <Group gap={6}>
                    {name}
                    {id === me && <Badge variant="default">{t("you")}</Badge>}
                  </Group>
                </Table.Th>
                <Table.Td>
                  {mayChange && removedAt === null ? (
                    <Select
                      size="xs"
                      w={180}
                      aria-label={t("roleOf", { name })}
                      allowDeselect={false}
                      data={ROLES.map((value) => ({ value, label: shell(`roles.${value}`) }))}
                      value={role}
                      onChange={(value) => {
                        const chosen = ROLES.find((known) => known === value);
                        if (chosen && chosen !== role) change.mutate({ id, role: chosen }, { onError: toast.refused });
                      }}
                    />
                  ) : (
                    shell(`roles.${role}`)
                  )}
                </Table.Td>
                <Table.Td>
                  {removedAt !== null
                    ? t("removedAt", { at: format.date(removedAt) })
                    : lastSeenAt === null
                      ? t("neverSeen")
                      : format.date(lastSeenAt)}
                </Table.Td>
                <Table.Td ta="end">
                  {mayRemove && removedAt === null && id !== me && (
                    <Button
                      size="compact-sm"
                      variant="default"
                      aria-label={t("remove.of", { name })}
                      onClick={() => setLeaving({ id, name })}
                    >
                      {t("remove.button")}
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {mayRenew && (
        <Group>
          <Button variant="default" onClick={() => setLeaving("nobody")}>
            {t("renew.button")}
          </Button>
        </Group>
      )}
      <RekeyDialog leaving={leaving} onClose={() => setLeaving(null)} />
    </Section>
  );
}

/** Who loses their key; "nobody": only the recovery key is renewed. */
type Leaving = { id: string; name: string } | "nobody";

/** The project is copied under a new key; the new recovery key then takes the screen until it is stored. */
function RekeyDialog({ leaving, onClose }: { leaving: Leaving | null; onClose(): void }) {
  const { t } = useTranslation("members");
  const { t: shell } = useTranslation();
  const project = useCurrentProject().data;
  const [typed, setTyped] = useState("");
  const stop = useRef(new AbortController());
  const rekey = useCall((studio, who: Leaving) => {
    stop.current = new AbortController();
    const { signal } = stop.current;
    return who === "nobody"
      ? studio.projects.renewRecoveryKey(undefined, { signal })
      : studio.projects.removeMember({ id: who.id }, { signal });
  });
  if (leaving === null) return null;
  const kind = leaving === "nobody" ? "renew" : "remove";
  const name = leaving === "nobody" ? "" : leaving.name;
  const close = () => {
    stop.current.abort();
    rekey.reset();
    setTyped("");
    onClose();
  };
  return (
    <Modal
      opened
      onClose={close}
      title={t(`${kind}.title`, { name })}
      closeButtonProps={{ "aria-label": shell("close") }}
      closeOnClickOutside={false}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          rekey.mutate(leaving, {
            onSuccess: ({ recoveryKey }) => {
              setTyped("");
              onClose();
              recoveryStore.setState({ key: { projectName: project?.name ?? "", recoveryKey } });
            },
          });
        }}
      >
        <Stack gap="sm">
          <Text size="sm">{t(`${kind}.protects`)}</Text>
          <Text size="sm">{t(`${kind}.cannot`)}</Text>
          {leaving !== "nobody" && (
            <TextInput
              label={t("remove.confirm", { name })}
              autoComplete="off"
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          )}
          {rekey.isPending && <Copied />}
          {rekey.error && <Refused error={rekey.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {shell("jobs.cancel")}
            </Button>
            <Button
              type="submit"
              color={leaving === "nobody" ? undefined : "red"}
              loading={rekey.isPending}
              disabled={leaving !== "nobody" && typed.trim() !== name}
            >
              {t(`${kind}.do`)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** How much of the project lies under the new key, as events tell it. */
function Copied() {
  const { t } = useTranslation("members");
  const { t: shell } = useTranslation();
  const format = useFormat();
  const copied = useRekeying().data ?? null;
  const [since] = useState(() => Date.now());
  const share = copied === null ? 0 : copied.done / copied.total;
  const percent = Math.floor(100 * share);
  const seconds = (Date.now() - since) / 1000;
  return (
    <Stack gap={6}>
      <Text size="sm" role="status">
        {t("rekeying")}
      </Text>
      {copied !== null && (
        <>
          <Progress value={percent} aria-label={t("copied")} />
          <Text size="xs" c="dimmed">
            {`${percent} % · ${shell("jobs.of", { done: format.bytes(copied.done), total: format.bytes(copied.total) })}`}
            {share > 0 && ` · ${shell("jobs.left", { time: format.duration(seconds * (1 / share - 1)) })}`}
          </Text>
        </>
      )}
    </Stack>
  );
}

function AddMember() {
  const { t } = useTranslation("members");
  const toast = useToast();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("reader");
  const [pair, setPair] = useState(NO_PAIR);
  const add = useCall((studio, input: Inputs["projects"]["addMember"]) => studio.projects.addMember(input));
  return (
    <Section title={t("add.title")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate(
            { name, role, passphrase: pair.passphrase },
            {
              onSuccess: (member) => {
                toast.say(t("add.done", { name: member.name }));
                setName("");
                setPair(NO_PAIR);
              },
            },
          );
        }}
      >
        <Stack gap="sm" maw={480}>
          <TextInput
            label={t("name")}
            autoComplete="off"
            maxLength={120}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <RoleSelect label={t("role")} role={role} onChange={setRole} />
          <Text size="sm" c="dimmed">
            {t("add.passphraseHelp")}
          </Text>
          <NewPassphrase value={pair} onChange={setPair} />
          {add.error && <Refused error={add.error} />}
          <Group>
            <Button
              type="submit"
              leftSection={<UserPlus aria-hidden size={16} />}
              loading={add.isPending}
              disabled={name.trim() === "" || !isAcceptable(pair)}
            >
              {t("add.button")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}

function RoleSelect({ label, role, onChange }: { label: string; role: Role; onChange(role: Role): void }) {
  const { t } = useTranslation("members");
  const { t: shell } = useTranslation();
  return (
    <Select
      label={label}
      description={t(`mayDo.${role}`)}
      inputWrapperOrder={["label", "input", "description", "error"]}
      allowDeselect={false}
      data={ROLES.map((value) => ({ value, label: shell(`roles.${value}`) }))}
      value={role}
      onChange={(value) => {
        const chosen = ROLES.find((known) => known === value);
        if (chosen) onChange(chosen);
      }}
    />
  );
}

function OwnPassphrase() {
  const { t } = useTranslation("members");
  const { t: shell } = useTranslation();
  const toast = useToast();
  const [current, setCurrent] = useState("");
  const [pair, setPair] = useState(NO_PAIR);
  const change = useCall((studio, input: Inputs["projects"]["changePassphrase"]) =>
    studio.projects.changePassphrase(input),
  );
  return (
    <Section title={t("own.title")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(
            { current, next: pair.passphrase },
            {
              onSuccess: () => {
                toast.say(t("own.done"));
                setCurrent("");
                setPair(NO_PAIR);
              },
            },
          );
        }}
      >
        <Stack gap="sm" maw={480}>
          <Text size="sm" c="dimmed">
            {t("own.text")}
          </Text>
          <PasswordInput
            label={t("own.current")}
            autoComplete="current-password"
            value={current}
            visibilityToggleButtonProps={{ "aria-label": shell("showPassword") }}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
          <NewPassphrase value={pair} onChange={setPair} />
          {change.error && <Refused error={change.error} />}
          <Group>
            <Button
              type="submit"
              variant="default"
              loading={change.isPending}
              disabled={current === "" || !isAcceptable(pair)}
            >
              {t("own.button")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
