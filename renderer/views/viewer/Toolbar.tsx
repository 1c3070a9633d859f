// Tools above the picture: what the pointer does, the window, the view, and the way through the images.
import { ActionIcon, Divider, Group, Menu, Text, Tooltip } from "@mantine/core";
import {
  Brush,
  ChevronLeft,
  ChevronRight,
  CircleDashed,
  Contrast,
  Crosshair,
  Droplet,
  Eraser,
  FlipHorizontal2,
  Hand,
  Lasso,
  type LucideIcon,
  Maximize,
  Move3d,
  PaintBucket,
  Pentagon,
  Redo2,
  RotateCcw,
  RotateCw,
  Ruler,
  ScanSearch,
  Scissors,
  Search,
  SlidersHorizontal,
  Spline,
  SquareDashed,
  SunMedium,
  TriangleRight,
  Undo2,
  WandSparkles,
  ZoomIn,
  ZoomOut,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { ImageStack } from "../../../preload/contract/index.ts";
import { DRAWING_TOOLS, type ViewerActions } from "../../commands/viewer.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { type Layout, viewerStore } from "../../state/viewer.ts";
import { useLabelHistory } from "../../studio/queries.ts";
import { SaveStatus } from "../../ui/SaveStatus.tsx";
import type { Picture, PictureView } from "../../viewer/cornerstone.ts";
import { presetsFor, presetWindow } from "../../viewer/window.ts";
import { LayoutMenu } from "./LayoutMenu.tsx";
import classes from "./Toolbar.module.css";
import type { Place } from "./usePlace.ts";

const VIEW_TOOLS = [
  { tool: "window", icon: SunMedium },
  { tool: "pan", icon: Hand },
  { tool: "zoom", icon: Search },
  { tool: "crosshair", icon: Move3d },
] as const;

const ICONS: Record<(typeof DRAWING_TOOLS)[number]["tool"], LucideIcon> = {
  box: SquareDashed,
  ellipse: CircleDashed,
  polygon: Pentagon,
  freehand: Lasso,
  polyline: Spline,
  point: Crosshair,
  length: Ruler,
  angle: TriangleRight,
  brush: Brush,
  eraser: Eraser,
  grow: Droplet,
  fill: PaintBucket,
  scissors: Scissors,
  smart: WandSparkles,
};

export interface ToolbarProps {
  image: ImageStack["images"][number];
  view: PictureView | null;
  picture: Picture | null;
  actions: ViewerActions;
  /** null: a work list says what comes next */
  place: Place | null;
  layer: string;
  layout: Layout;
  mayLabel: boolean;
}

export function Toolbar({ image, view, picture, actions, place, layer, layout, mayLabel }: ToolbarProps) {
  const { t } = useTranslation("viewer");
  const { t: command } = useTranslation("commands");
  const format = useFormat();
  const tool = useStore(viewerStore, (state) => state.tool);
  const magnifier = useStore(viewerStore, (state) => state.magnifier);
  const history = useLabelHistory(layer).data;
  return (
    <div className={classes.bar} role="toolbar" aria-label={t("tools")}>
      <Group gap={4} className={classes.tools}>
        <Tool icon={ChevronLeft} name={command("names.viewer.previous")} onRun={actions.previous} />
        <Text size="sm" className={classes.place}>
          {place && place.index !== null && place.total !== null
            ? t("place", { at: format.number(place.index + 1), of: format.number(place.total) })
            : " "}
        </Text>
        <Tool icon={ChevronRight} name={command("names.viewer.next")} onRun={actions.next} />
        <Divider orientation="vertical" mx={4} />
        <Group gap={2} role="group" aria-label={t("pointer")}>
          {VIEW_TOOLS.filter(({ tool: name }) => name !== "crosshair" || layout === "planes").map(
            ({ tool: name, icon }) => (
              <Choice
                key={name}
                icon={icon}
                name={t(`pointers.${name}`)}
                active={tool === name}
                onRun={() => actions.setTool(name)}
              />
            ),
          )}
        </Group>
        {mayLabel && (
          <>
            <Divider orientation="vertical" mx={4} />
            <Group gap={2} role="group" aria-label={t("drawing")}>
              {DRAWING_TOOLS.map(({ tool: name, id, key }) => (
                <Choice
                  key={name}
                  icon={ICONS[name]}
                  name={`${command(`names.${id}`)} (${key})`}
                  active={tool === name}
                  onRun={() => actions.setTool(name)}
                />
              ))}
            </Group>
          </>
        )}
        <Divider orientation="vertical" mx={4} />
        {!view?.display.color && (
          <Menu position="bottom-start">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("window")} disabled={!view}>
                <SlidersHorizontal aria-hidden size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {presetsFor(image.modality, image.pixels).map((name) => (
                <Menu.Item
                  key={name}
                  onClick={() => view && picture?.setWindow(presetWindow(name, image.pixels, view.display.statistics))}
                >
                  {t(`presets.${name}`)}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
        <Tool icon={Contrast} name={command("names.viewer.invert")} onRun={actions.invert} />
        <Tool icon={RotateCw} name={command("names.viewer.rotate")} onRun={actions.rotate} />
        <Tool icon={FlipHorizontal2} name={command("names.viewer.flip")} onRun={actions.flip} />
        <Tool icon={ZoomOut} name={command("names.viewer.zoomOut")} onRun={() => actions.zoom(1 / 1.25)} />
        <Tool icon={ZoomIn} name={command("names.viewer.zoomIn")} onRun={() => actions.zoom(1.25)} />
        <Tool icon={Maximize} name={command("names.viewer.fit")} onRun={actions.fit} />
        <Tool icon={RotateCcw} name={command("names.viewer.reset")} onRun={actions.reset} />
        <Choice
          icon={ScanSearch}
          name={
            magnifier === null ? command("names.viewer.magnifier") : t("magnifier", { times: format.number(magnifier) })
          }
          active={magnifier !== null}
          onRun={actions.magnify}
        />
        <LayoutMenu actions={actions} layout={layout} />
        {mayLabel && (
          <>
            <Divider orientation="vertical" mx={4} />
            <Tool
              icon={Undo2}
              name={command("names.labels.undo")}
              onRun={actions.undo}
              disabled={history?.undo === 0}
            />
            <Tool
              icon={Redo2}
              name={command("names.labels.redo")}
              onRun={actions.redo}
              disabled={history?.redo === 0}
            />
          </>
        )}
      </Group>
      <SaveStatus />
    </div>
  );
}

function Choice(props: { icon: LucideIcon; name: string; active: boolean; onRun(): void }) {
  const { icon: Icon, name, active, onRun } = props;
  return (
    <Tooltip label={name} openDelay={300}>
      <ActionIcon
        variant={active ? "filled" : "subtle"}
        color={active ? undefined : "gray"}
        size="lg"
        aria-label={name}
        aria-pressed={active}
        onClick={onRun}
      >
        <Icon aria-hidden size={18} />
      </ActionIcon>
    </Tooltip>
  );
}

function Tool(props: { icon: LucideIcon; name: string; disabled?: boolean; onRun(): void }) {
  const { icon: Icon } = props;
  return (
    <Tooltip label={props.name} openDelay={500}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={props.name}
        disabled={props.disabled}
        onClick={props.onRun}
      >
        <Icon aria-hidden size={18} />
      </ActionIcon>
    </Tooltip>
  );
}
