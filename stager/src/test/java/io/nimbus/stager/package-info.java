@NullMarked
package io.nimbus.stager;

import org.jspecify.annotations.NullMarked;
