export default {
  compilerOptions: {
    runes: true,
    // The mark of a component's styles stands at each of its elements: as short as can be told apart.
    cssHash: ({ hash, filename }) => `s${hash(filename).slice(0, 4)}`,
  },
};
