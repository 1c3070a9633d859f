export function ViewerView(_: { imageId: string | null; frame: number }) {
  return null;
}
