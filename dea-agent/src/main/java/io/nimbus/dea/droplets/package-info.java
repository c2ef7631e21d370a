/** Droplets, fetched once and kept by their sha1. */
@NullMarked
package io.nimbus.dea.droplets;

import org.jspecify.annotations.NullMarked;
