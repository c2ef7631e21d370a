@NullMarked
package io.nimbus.bus;

import org.jspecify.annotations.NullMarked;
