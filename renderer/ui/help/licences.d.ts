// Written by main/hosts/licences.ts when the page is built.
declare module "virtual:licences" {
  const licences: {
    /** "name version (licence)", sorted */
    packages: string[];
    /** every different licence text once, with the packages that carry it */
    texts: { text: string; packages: string[] }[];
  };
  export default licences;
}
