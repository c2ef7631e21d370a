@NullMarked
package io.nimbus.launcher;

import org.jspecify.annotations.NullMarked;
