// node-linux-* are glibc builds without a `libc` field: tell pnpm, so that musl systems use their own Node.
module.exports = {
  hooks: {
    readPackage(manifest) {
      if (/^node-linux-/.test(manifest.name)) manifest.libc = ["glibc"];
      return manifest;
    },
  },
};
