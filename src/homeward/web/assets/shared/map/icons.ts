/** The icons that maps draw, from the same files that the pages use. */

import bike from "../../../icons/bike.svg?raw";
import car from "../../../icons/car.svg?raw";
import check from "../../../icons/check.svg?raw";
import drone from "../../../icons/drone.svg?raw";
import home from "../../../icons/home.svg?raw";
import mapPin from "../../../icons/map-pin.svg?raw";
import moped from "../../../icons/moped.svg?raw";
import pkg from "../../../icons/package.svg?raw";
import robot from "../../../icons/robot.svg?raw";
import store from "../../../icons/building-store.svg?raw";
import truck from "../../../icons/truck.svg?raw";
import walk from "../../../icons/walk.svg?raw";

const ICONS = { bicycle: bike, car, check, drone, foot: walk, home, package: pkg, pin: mapPin, robot, robot_car: car, scooter: moped, store, van: truck } as const;

export type IconName = keyof typeof ICONS;

/** Vehicles by the words of the data model. */
export const VEHICLES = ["foot", "bicycle", "scooter", "car", "van", "robot", "robot_car", "drone"] as const satisfies readonly IconName[];

export function iconSvg(name: IconName): string {
  const source = ICONS[name] ?? ICONS.package;
  return source.replace(/<svg[\s\S]*?>/, '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">');
}
