/** Where packages, droplets, buildpacks, caches and known files are kept. */
@NullMarked
package io.nimbus.cloudcontroller.blobstore;

import org.jspecify.annotations.NullMarked;
