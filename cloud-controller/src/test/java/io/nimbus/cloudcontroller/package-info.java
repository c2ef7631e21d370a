@NullMarked
package io.nimbus.cloudcontroller;

import org.jspecify.annotations.NullMarked;
