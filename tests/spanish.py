"""A small Spanish set of our own: eight invented events, look-alikes among them."""

from __future__ import annotations

EVENTS: dict[str, list[tuple[str, str]]] = {
    "sismo en la costa": [
        ("Un sismo de magnitud 6,8 sacude la costa de Atacama", "El temblor se sintió con fuerza en Caldera y dejó sin luz a miles de hogares."),
        ("Terremoto en Atacama: miles de hogares sin luz en Caldera", "El sismo de 6,8 obligó a evacuar la costa durante dos horas."),
        ("Caldera evalúa daños tras el fuerte sismo de Atacama", "Las autoridades revisan escuelas y hospitales después del temblor de magnitud 6,8."),
        ("Levantan la alerta de tsunami en la costa de Atacama", "Tras el sismo de 6,8, los vecinos de Caldera regresan a sus casas."),
    ],
    "sismo en la sierra": [
        ("Un sismo de magnitud 5,4 daña viviendas en Ayacucho", "El temblor derribó muros de adobe en Huanta; hay once heridos."),
        ("Once heridos por el temblor en Huanta, Ayacucho", "Las viviendas de adobe fueron las más dañadas por el sismo de 5,4."),
        ("Ayacucho: carpas para las familias de Huanta tras el sismo", "Defensa Civil reparte ayuda a quienes perdieron sus viviendas de adobe."),
    ],
    "presupuesto": [
        ("El Congreso aprueba los presupuestos por tres votos", "El Gobierno de Ibarra salva las cuentas con el apoyo de los regionalistas."),
        ("Los regionalistas salvan los presupuestos de Ibarra", "Las cuentas salen adelante en el Congreso por tres votos tras una noche de negociación."),
        ("Ibarra celebra unos presupuestos «para cuatro años»", "La oposición critica el pacto con los regionalistas que permitió aprobar las cuentas."),
        ("Qué incluyen los presupuestos aprobados en el Congreso", "Más inversión ferroviaria y una nueva ayuda de vivienda, entre las cuentas de Ibarra."),
    ],
    "huelga": [
        ("Huelga de maquinistas: cancelados 300 trenes", "El sindicato Semaf reclama más personal y mantiene los paros hasta el viernes."),
        ("Los maquinistas del Semaf paran y dejan 300 trenes sin salir", "Los servicios mínimos no evitaron las colas en la estación de Atocha."),
        ("Colas en Atocha por la huelga de maquinistas", "El Semaf y la empresa ferroviaria volverán a reunirse el jueves."),
    ],
    "final": [
        ("El Racing gana la Copa en los penaltis", "El portero Lozano detuvo tres lanzamientos ante el Betania en una final sin goles."),
        ("Lozano, héroe del Racing en la final de Copa", "Tres penaltis parados al Betania le dan al Racing su primer título en 40 años."),
        ("Santander recibe al Racing campeón de Copa", "Miles de aficionados aclaman a Lozano tras la tanda de penaltis frente al Betania."),
    ],
    "incendio": [
        ("Un incendio forestal obliga a desalojar cuatro pueblos de Zamora", "El fuego ha quemado 3.000 hectáreas en la sierra de la Culebra."),
        ("El fuego de la sierra de la Culebra quema ya 3.000 hectáreas", "Cuatro pueblos de Zamora siguen desalojados y el viento complica la extinción."),
        ("Los vecinos desalojados por el incendio de Zamora vuelven a casa", "El fuego de la Culebra está estabilizado, según los bomberos."),
    ],
    "vacuna": [
        ("La agencia europea autoriza una vacuna contra el dengue", "La dosis única de Biovial estará disponible en otoño."),
        ("Biovial logra el visto bueno europeo a su vacuna del dengue", "La agencia destaca una eficacia del 82 % con una sola dosis."),
        ("Dengue: una vacuna de dosis única llega a Europa en otoño", "La agencia europea del medicamento respalda el fármaco de Biovial."),
    ],
    "museo": [
        ("Roban dos bocetos de Sorolla del museo de Gandía", "Los ladrones entraron por el tejado durante la madrugada del domingo."),
        ("El robo de los Sorolla de Gandía duró seis minutos", "La policía analiza las cámaras del museo y busca a tres ladrones."),
        ("Tres detenidos por el robo de los bocetos de Sorolla en Gandía", "La policía recupera una de las obras sustraídas del museo."),
    ],
}  # fmt: skip
