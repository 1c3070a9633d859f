// Stands in for xmlbuilder2, which vtk.js (inside Cornerstone3D) imports for an XML file format that the studio never reads.
// The real one needs Node's `events` and would stop the page at start.
export function create(): never {
  throw new Error("XML geometry files are not read here.");
}
