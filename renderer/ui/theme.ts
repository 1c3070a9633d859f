// Look and feel in one place. Calm greys, one blue, radiology-dark where pictures are shown.
import { createTheme, type MantineColorsTuple } from "@mantine/core";

// Indigo-leaning blue; shade 7 on white and shade 4 on the dark body keep at least 4.5:1.
const loupe: MantineColorsTuple = [
  "#eef3ff",
  "#dce5fb",
  "#b7c9f4",
  "#8fabee",
  "#7296ea",
  "#4f78de",
  "#3f68d2",
  "#3156b8",
  "#284a9f",
  "#1e3b83",
];

export const theme = createTheme({
  primaryColor: "loupe",
  primaryShade: { light: 7, dark: 6 },
  colors: { loupe },
  defaultRadius: "md",
  fontFamily:
    "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace",
  headings: { fontWeight: "600" },
  focusRing: "auto",
  respectReducedMotion: true,
  cursorType: "pointer",
});
