// Zoom by dragging or wheel, around the point where it began.
//
// Cornerstone3D's own tool sets `parallelScale`, which its CPU path turns into a scale without the device's pixel ratio: on a
// dense screen the first move jumps. This one sets the scale itself (measured at ratios 1, 1.5 and 2).
import type { StackViewport, Types } from "@cornerstonejs/core";
import { getEnabledElement } from "@cornerstonejs/core";
import { BaseTool, type Types as ToolTypes } from "@cornerstonejs/tools";

/** CSS pixels of dragging for a factor of e. */
const DRAG_PX = 180;
const WHEEL_STEP = 1.1;
/** Canvas pixels per image pixel. */
const SMALLEST_SCALE = 0.01;
const LARGEST_SCALE = 100;

/** Above 1 is larger; the world point `fixed` stays where it is on the page. */
export function zoomViewport(viewport: StackViewport, factor: number, fixed?: Types.Point3): void {
  const { scale } = viewport.getCamera();
  if (!scale) return;
  const wanted = Math.min(LARGEST_SCALE, Math.max(SMALLEST_SCALE, scale * factor));
  const place = fixed && viewport.worldToCanvas(fixed);
  viewport.setCamera({ scale: wanted });
  if (fixed && place) {
    const under = viewport.canvasToWorld(place);
    const { focalPoint } = viewport.getCamera();
    if (!focalPoint) return;
    viewport.setCamera({
      focalPoint: [focalPoint[0] + fixed[0] - under[0], focalPoint[1] + fixed[1] - under[1], focalPoint[2]],
    });
  }
  viewport.render();
}

export class ZoomTool extends BaseTool {
  static override toolName = "LoupeZoom";

  constructor(
    toolProps: ToolTypes.PublicToolProps = {},
    defaultToolProps: ToolTypes.ToolProps = { supportedInteractionTypes: ["Mouse"], configuration: {} },
  ) {
    super(toolProps, defaultToolProps);
  }

  mouseDragCallback(event: ToolTypes.EventTypes.MouseDragEventType): void {
    const { element, deltaPoints, startPoints } = event.detail;
    zoomViewport(viewportOf(element), Math.exp(-deltaPoints.canvas[1] / DRAG_PX), startPoints.world);
  }

  mouseWheelCallback(event: ToolTypes.EventTypes.MouseWheelEventType): void {
    const { element, wheel, points } = event.detail;
    zoomViewport(viewportOf(element), wheel.direction < 0 ? WHEEL_STEP : 1 / WHEEL_STEP, points.world);
  }
}

function viewportOf(element: HTMLDivElement): StackViewport {
  const enabled = getEnabledElement(element);
  if (!enabled) throw new Error("The picture is gone.");
  return enabled.viewport as StackViewport;
}
