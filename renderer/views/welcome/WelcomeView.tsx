// The first screen: open a project, create one, or get back in with the recovery key.
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { ArchiveRestore, FolderOpen, Plus } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { offerStore } from "../../state/offer.ts";
import { recoveryStore } from "../../state/recovery.ts";
import { signOut } from "../../studio/client.ts";
import { ConnectionBanner } from "../../ui/shell/ConnectionBanner.tsx";
import { Preferences } from "../../ui/shell/Preferences.tsx";
import { SignOutButton } from "../../ui/shell/SignOutButton.tsx";
import { useToast } from "../../ui/useToast.ts";
import { CreateForm } from "./CreateForm.tsx";
import { OpenForm } from "./OpenForm.tsx";
import { RecentProjects } from "./RecentProjects.tsx";
import { RecoverForm } from "./RecoverForm.tsx";
import { RecoveryKey } from "./RecoveryKey.tsx";
import { RestoreForm } from "./RestoreForm.tsx";
import classes from "./WelcomeView.module.css";

type Step =
  | { name: "start" }
  | { name: "create" }
  | { name: "open"; path: string }
  | { name: "recover"; path: string }
  | { name: "restore" };

export function WelcomeView() {
  const { t } = useTranslation("welcome");
  const toast = useToast();
  const [step, setStep] = useState<Step>({ name: "start" });
  const key = useStore(recoveryStore, (state) => state.key);
  const offered = useStore(offerStore, (state) => state.project);
  useEffect(() => {
    if (offered === null) return;
    setStep({ name: "open", path: offered });
    offerStore.setState({ project: null });
  }, [offered]);
  const start = () => setStep({ name: "start" });
  return (
    <div className={classes.page}>
      <ConnectionBanner />
      <header className={classes.head}>
        <Preferences />
        <SignOutButton onSignOut={() => signOut().catch(toast.refused)} />
      </header>
      <main className={classes.main}>
        <Stack gap={4} className={classes.brand}>
          <Title order={1} className={classes.name}>
            Loupe
          </Title>
          <Text c="dimmed">{t("tagline")}</Text>
        </Stack>
        <section className={classes.card}>
          {key ? (
            <RecoveryKey {...key} />
          ) : (
            <>
              {step.name === "start" && (
                <Stack gap="lg">
                  <RecentProjects onOpen={(path) => setStep({ name: "open", path })} />
                  <Group grow preventGrowOverflow={false}>
                    <Button
                      size="md"
                      leftSection={<Plus aria-hidden size={18} />}
                      onClick={() => setStep({ name: "create" })}
                    >
                      {t("create")}
                    </Button>
                    <Button
                      size="md"
                      variant="default"
                      leftSection={<FolderOpen aria-hidden size={18} />}
                      onClick={() => setStep({ name: "open", path: "" })}
                    >
                      {t("openOther")}
                    </Button>
                  </Group>
                  <Button
                    variant="subtle"
                    leftSection={<ArchiveRestore aria-hidden size={16} />}
                    style={{ alignSelf: "flex-start" }}
                    onClick={() => setStep({ name: "restore" })}
                  >
                    {t("restore.title")}
                  </Button>
                  <Text size="sm" c="dimmed">
                    {t("promise")}
                  </Text>
                </Stack>
              )}
              {step.name === "create" && <CreateForm onBack={start} />}
              {step.name === "open" && (
                <OpenForm
                  key={step.path}
                  path={step.path}
                  onBack={start}
                  onRecover={(path) => setStep({ name: "recover", path })}
                />
              )}
              {step.name === "restore" && <RestoreForm onBack={start} />}
              {step.name === "recover" && <RecoverForm path={step.path} onBack={start} />}
            </>
          )}
        </section>
      </main>
    </div>
  );
}
