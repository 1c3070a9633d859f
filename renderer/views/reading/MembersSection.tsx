// Who can open the project, and the form that lets another reader in.
import { Button, Group, PasswordInput, Select, Stack, Table, TextInput } from "@mantine/core";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Inputs, Member, Role } from "../../../preload/contract/index.ts";
import { useCall } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { useToast } from "../../ui/useToast.ts";

const ROLES: readonly Role[] = ["reader", "adjudicator", "analyst", "administrator"];

export function MembersSection({ members, mayAdd }: { members: readonly Member[]; mayAdd: boolean }) {
  const { t } = useTranslation("reading");
  return (
    <Section title={t("members.title")}>
      <Table fz="sm" aria-label={t("members.title")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("members.name")}</Table.Th>
            <Table.Th scope="col">{t("members.role")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {members.map(({ id, name, role }) => (
            <Table.Tr key={id}>
              <Table.Td>{name}</Table.Td>
              <Table.Td>{t(`roles.${role}`)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {mayAdd && <AddMember />}
    </Section>
  );
}

function AddMember() {
  const { t } = useTranslation("reading");
  const { t: welcome } = useTranslation("welcome");
  const { t: shell } = useTranslation();
  const toast = useToast();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("reader");
  const [passphrase, setPassphrase] = useState("");
  const add = useCall((studio, input: Inputs["projects"]["addMember"]) => studio.projects.addMember(input));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(
          { name, role, passphrase },
          {
            onSuccess: (member) => {
              toast.say(t("members.added", { name: member.name }));
              setName("");
              setPassphrase("");
            },
          },
        );
      }}
    >
      <Stack gap="xs">
        <Group align="flex-start">
          <TextInput
            label={t("members.name")}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label={t("members.role")}
            allowDeselect={false}
            data={ROLES.map((value) => ({ value, label: t(`roles.${value}`) }))}
            value={role}
            onChange={(value) => setRole(ROLES.find((known) => known === value) ?? "reader")}
          />
          <PasswordInput
            label={welcome("passphrase")}
            description={t("members.passphraseHelp")}
            inputWrapperOrder={["label", "input", "description", "error"]}
            autoComplete="new-password"
            value={passphrase}
            visibilityToggleButtonProps={{ "aria-label": shell("showPassword") }}
            onChange={(event) => setPassphrase(event.currentTarget.value)}
            w={280}
          />
        </Group>
        {add.error && <Refused error={add.error} />}
        <Group>
          <Button
            type="submit"
            variant="default"
            leftSection={<UserPlus aria-hidden size={16} />}
            loading={add.isPending}
            disabled={name.trim() === "" || passphrase === ""}
          >
            {t("members.add")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
