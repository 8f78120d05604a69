export default {
  turbopack: { root: import.meta.dirname },
  // They take longer than the rest of the build.
  experimental: { turbopackFileSystemCacheForBuild: false, turbopackSourceMaps: false },
};
