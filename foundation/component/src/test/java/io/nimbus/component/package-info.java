@NullMarked
package io.nimbus.component;

import org.jspecify.annotations.NullMarked;
