/**
 * The rules of the house that a build can check: who may know whom, and what decisions must not do.
 */
@NullMarked
package io.nimbus.architecture;

import org.jspecify.annotations.NullMarked;
