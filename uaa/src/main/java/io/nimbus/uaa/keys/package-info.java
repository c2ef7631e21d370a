/** The keys that sign tokens: kept in the database, shared by all replicas, rotated. */
@NullMarked
package io.nimbus.uaa.keys;

import org.jspecify.annotations.NullMarked;
